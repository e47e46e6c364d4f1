import { attempt } from "../parts/toasts";
import { IconButton } from "../parts/button";
import { activate, profiles, switching } from "../server/profiles";
import { may } from "../server/session";
import { activeProfile } from "../server/state";
import { look } from "./look";
import { place } from "./router";
import { landing, routeFor } from "./routes";
import { crumb } from "./page-view";
import { t } from "./words";

export function Header({ onMenu }: { onMenu: () => void }) {
  const route = routeFor(place.value.parts, landing(may));
  const title = [route?.name ?? t.missing.title, crumb.value].filter(Boolean);
  return (
    <header class="header">
      <IconButton icon="menu" label={t.openMenu} class="only-narrow" onClick={onMenu} />
      <IconButton
        icon="panel"
        label={look.collapsed.value ? t.expand : t.collapse}
        class="only-wide"
        aria-expanded={!look.collapsed.value}
        onClick={() => (look.collapsed.value = !look.collapsed.value)}
      />
      <h1 class="header-title">
        {title.map((part, index) => (
          <span key={index}>{part}</span>
        ))}
      </h1>
      <p class="off-screen" role="status">
        {title.join(": ")}
      </p>
      <ProfileSelect />
    </header>
  );
}

function ProfileSelect() {
  if (profiles.value.length === 0) return null;
  const choose = (name: string): void => {
    void attempt(t.profile.failed(name || t.profile.none), () => activate(name || null));
  };
  return (
    <label class="field-inline">
      <span>{t.profile.label}</span>
      <select
        value={activeProfile.value ?? ""}
        disabled={switching.value || !may("admin")}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">{t.profile.none}</option>
        {profiles.value.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}
