import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Hardware() {
  return <Empty title={t.title} />;
}
