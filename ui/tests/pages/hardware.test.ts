import { describe, expect, it } from "vitest";
import { accelerators, processor, report, system, type Hardware } from "../../src/pages/hardware/facts";

const HARDWARE: Hardware = {
  schema_version: 1,
  captured_at: "2026-01-31T12:00:00Z",
  capture: { scope: "inference_host", method: "detected", detector: { name: "llama-swap", version: "1.2" } },
  architecture: { name: "x86_64", raw_name: null },
  operating_system: { family: "linux", name: "Debian", version: "13", kernel: "6.12" },
  environment: { kind: "container", name: null, version: null },
  cpu: { vendor: null, model: "Ryzen 9", socket_count: 1, physical_core_count: 16, logical_thread_count: null },
  memory: { capacity_bytes: 64 * 1024 ** 3 },
  accelerators: [
    {
      index: 0,
      kind: "gpu",
      vendor: "NVIDIA",
      model: "RTX 3090",
      architecture: null,
      memory: { kind: "dedicated", capacity_bytes: 24 * 1024 ** 3 },
      driver: { name: "nvidia", version: "560.35.03" },
      power_limit_watts: 350,
    },
  ],
};

describe("facts of the hardware", () => {
  it("say what was found, and what was not", () => {
    expect(Object.fromEntries(system(HARDWARE).facts)).toEqual({
      "Operating system": "Debian 13",
      Kernel: "6.12",
      Architecture: "x86_64",
      Environment: "container",
      Memory: "64.0 GiB",
    });
    expect(Object.fromEntries(processor(HARDWARE).facts)).toMatchObject({ Model: "Ryzen 9", Vendor: "Not detected", Cores: "16", Threads: "Not detected" });
    const [card] = accelerators(HARDWARE);
    expect(card?.title).toBe("0: RTX 3090");
    expect(Object.fromEntries(card?.facts ?? [])).toMatchObject({ Memory: "24.0 GiB, dedicated", Driver: "nvidia 560.35.03", "Power limit": "350 W" });
  });
  it("are the same in the report", () => {
    const text = report(HARDWARE);
    for (const section of [system(HARDWARE), processor(HARDWARE), ...accelerators(HARDWARE)]) {
      for (const [name, value] of section.facts) expect(text).toContain(`${name}: ${value}\n`);
    }
    expect(text).toContain("(llama-swap 1.2, 2026-01-31T12:00:00Z)");
  });
  it("of a machine without accelerators", () => {
    expect(accelerators({ ...HARDWARE, accelerators: [] })).toEqual([]);
  });
});
