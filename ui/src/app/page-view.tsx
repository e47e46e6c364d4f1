import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Empty } from "../parts/card";
import { Fetched } from "../parts/fetched";
import { may } from "../server/session";
import { Failing } from "./failing";
import { PAGES, landing, routeFor, type PageRoute } from "./routes";
import { linkTo, place } from "./router";
import { t } from "./words";

/** What the page shows of its own in the header, behind its name; a page sets it, and it goes with the page. */
export const crumb = signal("");

/** The page that the address names. */
export function PageView() {
  const route = routeFor(place.value.parts, landing(may));
  if (!route) return <Missing />;
  if (!may(route.scope)) return <Empty title={t.notAllowed.title}>{t.notAllowed.about(route.scope)}</Empty>;
  return <Page key={route.path} route={route} />;
}

function Page({ route }: { route: PageRoute }) {
  useEffect(
    () => () => {
      crumb.value = "";
    },
    [],
  );
  return (
    <Failing>
      <Fetched load={route.load} />
    </Failing>
  );
}

/** Where nothing is. */
export function Missing() {
  const home = landing(may);
  return (
    <Empty title={t.missing.title}>
      <p>{t.missing.about(place.value.parts.join("/"))}</p>
      <a class="button button-primary" href={linkTo([home])}>
        {t.missing.home(PAGES.find(({ path }) => path === home)?.name ?? home)}
      </a>
    </Empty>
  );
}
