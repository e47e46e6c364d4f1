/** What every page stands in: sidebar, header, banner, messages. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../parts/button";
import { Empty } from "../parts/card";
import { Toasts } from "../parts/toasts";
import { recognise, session, shut, unrecognised } from "../server/session";
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
  if (unrecognised.value) {
    return (
      <main class="starting">
        <Empty title={t.unreached}>
          <p role="status">{unrecognised.value}</p>
          <Button icon="refresh" onClick={() => void recognise()}>
            {t.banner.retry}
          </Button>
        </Empty>
      </main>
    );
  }
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
