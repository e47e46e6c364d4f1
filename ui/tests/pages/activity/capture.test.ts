import { describe, expect, it } from "vitest";
import { bodyOf, picturesIn, pretty } from "@/pages/activity/capture";
import { asCurl } from "@/pages/activity/curl";
import { asShell } from "@/lib/curl";

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const encoded = (text: string): string => base64(new TextEncoder().encode(text));
const json = { "Content-Type": "application/json; charset=utf-8" };

describe("bodyOf", () => {
  it("knows what was not kept from what was empty", () => expect([bodyOf(null, json).kind, bodyOf("", json).kind]).toEqual(["absent", "empty"]));
  it("reads JSON, and puts it into lines", () => {
    const body = bodyOf(encoded('{"a":["ü"]}'), json);
    expect(body.kind === "json" && pretty(body)).toBe('{\n  "a": [\n    "ü"\n  ]\n}');
  });
  it("takes broken JSON for text", () => expect(bodyOf(encoded('{"a":'), json)).toMatchObject({ kind: "text", text: '{"a":' }));
  it("knows a stream by its type, whatever the case, and by its look", () => {
    expect(bodyOf(encoded("x"), { "CONTENT-TYPE": "text/event-stream" }).kind).toBe("events");
    expect(bodyOf(encoded("data: {}\n\n"), null).kind).toBe("events");
  });
  it("knows pictures and sounds by their type", () => expect([bodyOf("AAAA", { "content-type": "image/png" }).kind, bodyOf("AAAA", { "content-type": "audio/mpeg" }).kind]).toEqual(["image", "audio"]));
  it("takes what is no text for bytes", () => {
    expect(bodyOf(base64(new Uint8Array([0xff, 0xfe])), null)).toMatchObject({ kind: "binary", bytes: new Uint8Array([0xff, 0xfe]) });
    expect(bodyOf(encoded("a\0b"), null).kind).toBe("binary");
  });
});

it("finds pictures in answers of both kinds, and takes nothing else for one", () => {
  const picture = `iVBORw0KGgo${"A".repeat(20)}`;
  expect(picturesIn({ data: [{ b64_json: picture }, { url: "http://x/y" }] })).toEqual([`data:image/png;base64,${picture}`]);
  expect(picturesIn({ images: [`/9j/${"A".repeat(20)}`, "javascript:alert(1)", 5] })).toEqual([`data:image/jpeg;base64,/9j/${"A".repeat(20)}`]);
  expect(picturesIn([1])).toEqual([]);
});

describe("curl", () => {
  it("quotes for the shell, and leaves out what is redacted or curl's own", () => {
    const headers = { Host: "x", "Content-Length": "9", Authorization: "[REDACTED]", "X-Session-ID": "it's" };
    const words = asCurl({ req_headers: headers }, "http://h/v1/x", bodyOf(encoded(`{"a":"it's $HOME"}`), json));
    expect(words).toBe(`curl -N http://h/v1/x \\\n  -H 'X-Session-ID: it'\\''s' \\\n  -H "Authorization: Bearer $LLAMASWAP_API_KEY" \\\n  --data-raw '{"a":"it'\\''s $HOME"}'`);
  });
  it("names a file for bytes, and sends nothing without a body", () => {
    expect(asCurl({ req_headers: null }, "u", bodyOf("/w==", null))).toBe("curl -N u \\\n  --data-binary @body");
    expect(asCurl({ req_headers: null }, "u", { kind: "absent" })).toBe("curl -N u");
  });
  it.each([["a", "a"], ["a b", "'a b'"], ["$(x)", "'$(x)'"], ["'", "''\\'''"], ["a\nb", "'a\nb'"], ["", "''"]])("%j is %s", (text, word) => expect(asShell(text)).toBe(word));
});
