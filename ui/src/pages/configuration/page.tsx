import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Configuration() {
  return <Empty title={t.title} />;
}
