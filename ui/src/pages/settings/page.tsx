import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Settings() {
  return <Empty title={t.title} />;
}
