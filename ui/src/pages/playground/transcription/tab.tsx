import { Empty } from "../../../parts/card";
import { t } from "../words";

export default function Transcription() {
  return <Empty title={t.tabs.transcription} />;
}
