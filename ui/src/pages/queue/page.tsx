import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Queue() {
  return <Empty title={t.title} />;
}
