import { Appearance } from "./appearance";
import { Key } from "./key";
import { Preferences } from "./preferences";
import { ServerCard } from "./server";

export default function Settings() {
  return (
    <div class="columns">
      <Appearance />
      <div class="stack">
        <Key />
        <ServerCard />
        <Preferences />
      </div>
    </div>
  );
}
