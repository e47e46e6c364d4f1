import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Activity() {
  return <Empty title={t.title} />;
}
