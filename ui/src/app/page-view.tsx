import { signal, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Button } from "../parts/button";
import { Empty } from "../parts/card";
import { may } from "../server/session";
import { HOME, landing, routeFor, type PageRoute } from "./routes";
import { linkTo, place } from "./router";
import { t } from "./words";

/** What the page shows of its own in the header, behind its name; a page sets it, and it goes with the page. */
export const crumb = signal("");

const fetched = new Map<PageRoute, ComponentType>();

/** The page that the address names. */
export function PageView() {
  const route = routeFor(place.value.parts, landing(may));
  if (!route) return <Missing />;
  if (!may(route.scope)) return <Empty title={t.notAllowed.title}>{t.notAllowed.about(route.scope)}</Empty>;
  return <Fetched key={route.path} route={route} />;
}

function Fetched({ route }: { route: PageRoute }) {
  const failed = useSignal(false);
  const again = useSignal(0);
  const Page = fetched.get(route);
  useEffect(() => {
    if (fetched.has(route)) return;
    let wanted = true;
    failed.value = false;
    route.load().then(
      ({ default: loaded }) => {
        fetched.set(route, loaded);
        if (wanted) again.value += 1;
      },
      () => wanted && (failed.value = true),
    );
    return () => {
      wanted = false;
    };
  }, [route, again.value]);
  useEffect(
    () => () => {
      crumb.value = "";
    },
    [],
  );
  if (Page) return <Page />;
  if (failed.value) {
    return (
      <Empty title={t.pageFailed}>
        <Button icon="retry" onClick={() => (again.value += 1)}>
          {t.retry}
        </Button>
      </Empty>
    );
  }
  return <Loading />;
}

/** Where something is about to appear. */
export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      <span>{t.loading}</span>
    </div>
  );
}

/** Where nothing is. */
export function Missing() {
  return (
    <Empty title={t.missing.title}>
      <p>{t.missing.about(place.value.parts.join("/"))}</p>
      <a class="button button-primary" href={linkTo([HOME])}>
        {t.missing.home}
      </a>
    </Empty>
  );
}
