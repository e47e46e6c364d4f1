import { computed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../parts/button";
import { Icon } from "../parts/icon";
import { StateMark } from "../parts/state";
import { logOut, may, session } from "../server/session";
import { models, uiConfig } from "../server/state";
import type { Model } from "../server/types";
import { attempt } from "../parts/toasts";
import { isBusy } from "./busy";
import { connection } from "./status";
import { LONGEST_TITLE, MODES, look, titleOf, titleShown } from "./look";
import { go, linkTo, page, place } from "./router";
import { PAGES, landing, type PageRoute } from "./routes";
import { t } from "./words";

/** Beside the page where there is room; elsewhere a sheet that `open` shows. */
export function Sidebar({ open, onClose }: { open: boolean; onClose: () => void }) {
  const sheet = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) sheet.current?.showModal();
    else sheet.current?.close();
  }, [open]);
  return (
    <>
      <div class="sidebar only-wide">
        <Content />
      </div>
      <dialog
        ref={sheet}
        class="sheet"
        aria-label={t.navigation}
        onClose={onClose}
        onMouseDown={(event) => event.target === sheet.current && onClose()}
      >
        {open && (
          <div class="sidebar">
            <IconButton icon="close" label={t.closeMenu} class="sheet-close" onClick={onClose} />
            <Content />
          </div>
        )}
      </dialog>
    </>
  );
}

function Content() {
  return (
    <>
      <div class="brand">
        <Connection />
        <Title />
      </div>
      <nav class="nav" aria-label={t.navigation}>
        <ul>
          {PAGES.filter(shown).map((route) => (
            <li key={route.path}>
              <Entry route={route} />
              {route.path === "models" && look.modelsOpen.value && <Models />}
            </li>
          ))}
        </ul>
      </nav>
      <Foot />
    </>
  );
}

function shown(route: PageRoute): boolean {
  if (route.path === "performance" && uiConfig.value.performance === false) return false;
  return may(route.scope);
}

function Entry({ route }: { route: PageRoute }) {
  const current = (page.value || landing(may)) === route.path;
  return (
    <div class="nav-row">
      <a class="nav-entry" href={linkTo([route.path])} aria-current={current ? "page" : undefined} title={route.name}>
        <Icon name={route.icon} size={18} />
        <span class="nav-name">{route.name}</span>
        {isBusy(route.path) && <Busy />}
      </a>
      {route.path === "models" && (
        <IconButton
          icon={look.modelsOpen.value ? "up" : "down"}
          label={look.modelsOpen.value ? t.hideModels : t.showModels}
          aria-expanded={look.modelsOpen.value}
          small
          class="nav-fold"
          onClick={() => (look.modelsOpen.value = !look.modelsOpen.value)}
        />
      )}
    </div>
  );
}

function Busy() {
  return (
    <span class="nav-busy" title={t.busy}>
      <span class="spinner" aria-hidden="true" />
      <span class="off-screen">{t.busy}</span>
    </span>
  );
}

function Models() {
  const all = models.value.filter((model) => look.showUnlisted.value || !model.unlisted);
  const own = all.filter(({ peerID }) => peerID === "");
  const peers = all.filter(({ peerID }) => peerID !== "");
  return (
    <ul class="nav-models">
      {own.map((model) => (
        <ModelEntry key={model.id} model={model} />
      ))}
      {peers.length > 0 && <li class="nav-heading">{t.peers}</li>}
      {peers.map((model) => (
        <ModelEntry key={model.id} model={model} />
      ))}
    </ul>
  );
}

/** The model whose page is shown. */
const shownModel = computed(() => (page.value === "models" ? (place.value.parts[1] ?? "") : ""));

function ModelEntry({ model }: { model: Model }) {
  const current = shownModel.value === model.id;
  return (
    <li>
      <a class="nav-model" href={linkTo(["models", model.id])} aria-current={current ? "page" : undefined} title={model.id}>
        <StateMark state={model.state} dot />
        <span>{model.id}</span>
      </a>
    </li>
  );
}

function Connection() {
  const words = t.connection[connection.value];
  return (
    <span class={`connection connection-${connection.value}`} role="status" title={words}>
      <span class="dot" aria-hidden="true" />
      <span class="connection-word">{words}</span>
    </span>
  );
}

/** The title, which a click lets one change. */
function Title() {
  const editing = useSignal(false);
  const typed = useRef("");
  const rename = useRef<HTMLDivElement>(null);
  const close = (): void => {
    editing.value = false;
    requestAnimationFrame(() => rename.current?.querySelector("button")?.focus());
  };
  const commit = (): void => {
    if (!editing.peek()) return; // a field that is taken away is left as well
    look.title.value = titleOf(typed.current);
    close();
  };
  if (!editing.value) {
    return (
      <div class="brand-title" ref={rename}>
        <strong>{titleShown()}</strong>
        <IconButton
          icon="edit"
          label={t.rename}
          small
          onClick={() => {
            typed.current = titleShown();
            editing.value = true;
          }}
        />
      </div>
    );
  }
  return (
    <input
      class="brand-input"
      aria-label={t.titleLabel}
      defaultValue={typed.current}
      maxLength={LONGEST_TITLE}
      ref={selectOnce}
      onInput={(event) => (typed.current = event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
        if (event.key === "Escape") close();
      }}
    />
  );
}

/** As one begins to type over what is there. */
function selectOnce(input: HTMLInputElement | null): void {
  input?.select();
}

function Foot() {
  const mode = look.mode.value;
  const next = MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? "system";
  const leave = async (): Promise<void> => {
    if (await attempt(t.login.leave, logOut)) go([]);
  };
  return (
    <div class="sidebar-foot">
      <button type="button" class="nav-entry" onClick={() => (look.mode.value = next)} title={t.theme.label(t.theme[mode])}>
        <Icon name={mode} size={18} />
        <span class="nav-name">{t.theme.label(t.theme[mode])}</span>
      </button>
      {session.value?.loggedIn && (
        <button type="button" class="nav-entry" onClick={leave} title={t.login.leave}>
          <Icon name="leave" size={18} />
          <span class="nav-name">{t.login.leave}</span>
        </button>
      )}
    </div>
  );
}
