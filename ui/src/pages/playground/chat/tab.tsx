import { ModelSelect } from "../model-select";
import { remembered } from "../remembered";

export default function Chat() {
  return (
    <div class="play-bar">
      <ModelSelect area="chat" value={remembered.chat.value} onChange={(model) => (remembered.chat.value = model)} />
    </div>
  );
}
