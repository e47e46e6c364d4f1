import { describe, expect, it } from "vitest";
import { editForm, imageExtension, imageType, lorasOf, openAiBody, picturesOf, sdapiBody, sdapiStart } from "../../../src/pages/playground/images/requests";

const OPENAI = { size: "512x512", n: 2, quality: "", style: "", background: "", format: "" };
const SDAPI = { negative: "fog", width: 512, height: 768, steps: 20, cfg: 7, seed: -1, batch: 2, sampler: "", scheduler: "", strength: 0.5 };

describe("what is asked", () => {
  it("leaves to the server what nobody chose", () => {
    expect(openAiBody("m", "p", OPENAI)).toEqual({ model: "m", prompt: "p", n: 2, size: "512x512" });
    expect(openAiBody("m", "p", { ...OPENAI, quality: "high", format: "webp" })).toMatchObject({ quality: "high", output_format: "webp" });
  });

  it("is a form where an image is the beginning", () => {
    const form = editForm("m", "p", OPENAI, new File(["x"], "in.png"), null);
    expect(form.get("prompt")).toBe("p");
    expect((form.get("image") as File).name).toBe("in.png");
    expect(form.has("mask")).toBe(false);
  });

  it("names everything that Stable Diffusion knows, and the weights of LoRAs", () => {
    const lora = { name: "pencil", path: "/loras/pencil", weight: 0.6 };
    expect(sdapiBody("m", "p", { ...SDAPI, sampler: "euler_a", scheduler: "karras" }, [lora])).toEqual({
      model: "m",
      prompt: "p",
      negative_prompt: "fog",
      width: 512,
      height: 768,
      steps: 20,
      cfg_scale: 7,
      seed: -1,
      batch_size: 2,
      sampler_name: "euler_a",
      scheduler: "karras",
      lora: [{ path: "/loras/pencil", multiplier: 0.6 }],
    });
    expect(Object.keys(sdapiBody("m", "p", SDAPI, []))).not.toContain("lora");
    expect(sdapiStart("AAAA", "", 0.5)).toEqual({ init_images: ["AAAA"], denoising_strength: 0.5 });
  });
});

describe("pictures of an answer", () => {
  it("are found in either API's words, with their seeds", () => {
    expect(picturesOf({ data: [{ b64_json: "iVBORw0" }] })).toEqual([{ src: "data:image/png;base64,iVBORw0", type: "image/png", url: "", seed: null }]);
    const both = picturesOf({ images: ["/9j/x", "iVBORw0"], info: '{"all_seeds":[7,8]}' });
    expect(both.map(({ type, seed }) => [type, seed])).toEqual([["image/jpeg", 7], ["image/png", 8]]);
    expect(picturesOf({ images: ["iVBORw0"], info: '{"seed": 3}' })[0]?.seed).toBe(3);
  });

  it("are not fetched from elsewhere", () => {
    expect(picturesOf({ data: [{ url: "https://elsewhere.example/x.png" }] })).toEqual([{ src: "", type: "", url: "https://elsewhere.example/x.png", seed: null }]);
    expect(picturesOf({ data: [{ url: "data:image/gif;base64,R0lGOD" }] })[0]?.type).toBe("image/gif");
  });

  it("are none in what is no such answer", () => {
    for (const answer of [null, [], "x", {}, { data: "x" }, { images: [1] }, { data: [null, { b64_json: 3 }] }]) expect(picturesOf(answer)).toEqual([]);
    expect(picturesOf({ images: ["iVBORw0"], info: "{" })[0]?.seed).toBeNull();
  });
});

it("knows LoRAs and files by their names", () => {
  expect(lorasOf([{ name: "a", path: "/a" }, { name: "b" }, 7, {}])).toEqual([{ name: "a", path: "/a" }, { name: "b", path: "b" }]);
  expect(lorasOf({})).toEqual([]);
  expect([imageType("UklGRx"), imageExtension("image/webp"), imageExtension("image/png")]).toEqual(["image/webp", "webp", "png"]);
});
