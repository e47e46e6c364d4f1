import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { checked, close, open, original, save, text, type } from "@/pages/configuration/edited";

/** A server whose answers are given by the test, even to those who do not listen any more. */
class Server {
  asked: { path: string; method: string; answer: (status: number, body: unknown) => Promise<void> }[] = [];

  fetch = (url: URL, { method = "GET" }: RequestInit): Promise<Response> =>
    new Promise((resolve) => {
      const answer = async (status: number, body: unknown): Promise<void> => {
        resolve(Response.json(body, { status }));
        await new Promise((done) => setTimeout(done));
      };
      this.asked.push({ path: url.pathname, method, answer });
    });

  /** The latest question for `path`. */
  for(path: string, method = "GET"): Server["asked"][number] {
    const found = this.asked.filter((each) => each.path === path && each.method === method).at(-1);
    if (!found) throw new Error(`nobody asked for ${path}`);
    return found;
  }
}

let server: Server;
beforeEach(() => {
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("document", { baseURI: "http://localhost/ui/" });
});
afterEach(() => {
  close();
  vi.unstubAllGlobals();
});

const file = (name: string) => ({ id: name, path: `/etc/${name}`, text: `${name}: 1\n`, hash: `hash of ${name}` });

it("does not put a file that comes late in place of the one that was chosen since", async () => {
  void open("a");
  close();
  void open("b");
  await server.for("/api/config/files/b").answer(200, file("b"));
  await server.for("/api/config/files/a").answer(200, file("a"));
  expect([original.value?.id, text.value]).toEqual(["b", "b: 1\n"]);
});

it("brings nothing back after it was closed", async () => {
  void open("a");
  close();
  await server.for("/api/config/files/a").answer(200, file("a"));
  expect([original.value, text.value]).toEqual([null, ""]);
});

it("takes what was written for the file that it was", async () => {
  void open("a");
  await server.for("/api/config/files/a").answer(200, file("a"));
  type("a: 2\n");
  const saved = save();
  close();
  void open("b");
  await server.for("/api/config/files/b").answer(200, file("b"));
  await server.for("/api/config/files/a", "PUT").answer(200, { saved: true, hash: "newer", ok: true, errors: [], warnings: [] });
  expect(await saved).toBe("applied");
  expect([original.value?.hash, text.value]).toEqual(["hash of b", "b: 1\n"]);
});

it("keeps no text of a refusal that comes after it was closed", async () => {
  void open("a");
  await server.for("/api/config/files/a").answer(200, file("a"));
  type("key: secret\n");
  const saved = save();
  close();
  await server.for("/api/config/files/a", "PUT").answer(422, { saved: false, ok: false, errors: [], warnings: [] });
  expect(await saved).toBe("refused");
  type("key: secret\n");
  expect(checked.value).toBeNull();
});
