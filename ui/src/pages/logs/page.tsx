import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Logs() {
  return <Empty title={t.title} />;
}
