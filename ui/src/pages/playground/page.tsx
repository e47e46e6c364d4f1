import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Playground() {
  return <Empty title={t.title} />;
}
