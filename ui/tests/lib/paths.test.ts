import { expect, it } from "vitest";
import { ownServer } from "@/lib/paths";

it("encodes names of models", () => expect(ownServer("org/model name")).toBe("upstream/org%2Fmodel%20name/"));
it("knows where ComfyUI is", () => expect(ownServer("comfyui_auto")).toBe("comfyui/"));
