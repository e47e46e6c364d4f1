import { expect, it } from "vitest";
import { fragmentOf } from "@/app/deeper";
import { hashOf, placeOf } from "@/app/router";
import { routeFor } from "@/app/routes";

it("reads a place with an encoded model and a query", () =>
  expect(placeOf("#/models/org%2Fomega%20v1?tab=logs&q=a%20b")).toEqual({ parts: ["models", "org/omega v1"], query: { tab: "logs", q: "a b" } }));

it("writes what it reads", () => {
  const place = { parts: ["models", "a/b ?#%"], query: { q: "&=#?" } };
  expect(placeOf(hashOf(place))).toEqual(place);
});

it("leaves empty values out", () => expect(hashOf({ parts: ["logs"], query: { tab: "", q: "x" } })).toBe("#/logs?q=x"));
it("takes what is no encoding as it is", () => expect(placeOf("#/models/100%").parts).toEqual(["models", "100%"]));
it("lands on Activity", () => expect(routeFor([])?.path).toBe("activity"));
it("knows no page that is not there", () => {
  expect(routeFor(["nowhere"])).toBeUndefined();
  expect(routeFor(["queue", "deeper"])).toBeUndefined();
});

it("takes a path below the UI for a page", () => {
  expect(fragmentOf("/ui/models", "/ui/")).toBe("#/models");
  expect(fragmentOf("/swap/ui/models/org%2Fomega%20v1/", "/swap/ui/")).toBe("#/models/org%2Fomega%20v1");
  for (const path of ["/ui/", "/ui/index.html", "/elsewhere"]) expect(fragmentOf(path, "/ui/")).toBe("");
});
