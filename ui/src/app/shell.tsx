/** What every page stands in: sidebar, header, banner, messages. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Toasts } from "../parts/toasts";
import { session, shut } from "../server/session";
import { Banner } from "./banner";
import { Header } from "./header";
import { Login } from "./login";
import { look } from "./look";
import { PageView } from "./page-view";
import { place } from "./router";
import { Sidebar } from "./sidebar";
import { stale, useDocumentTitle } from "./status";
import { t } from "./words";

export function Shell() {
  useDocumentTitle();
  if (session.value === null) return <Starting />;
  return (
    <>
      {shut.value ? <Login /> : <Frame />}
      <Toasts />
    </>
  );
}

function Starting() {
  return (
    <main class="starting" aria-busy="true">
      <span class="spinner" aria-hidden="true" />
      <p role="status">{t.loading}</p>
    </main>
  );
}

function Frame() {
  const menu = useSignal(false);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "b") return;
      event.preventDefault();
      look.collapsed.value = !look.collapsed.value;
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  useEffect(() => place.subscribe(() => (menu.value = false)), []);
  return (
    <div class={`frame ${look.collapsed.value ? "frame-collapsed" : ""} ${stale.value ? "frame-stale" : ""}`}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t.skip}
      </a>
      <Sidebar open={menu.value} onClose={() => (menu.value = false)} />
      <div class="frame-page">
        <Header onMenu={() => (menu.value = true)} />
        <Banner />
        <main id="main" ref={main} tabIndex={-1}>
          <PageView />
        </main>
      </div>
    </div>
  );
}
