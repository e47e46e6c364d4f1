import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Models() {
  return <Empty title={t.title} />;
}
