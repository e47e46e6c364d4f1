"""The machine's figures, in the original's words (http-api section 18.3)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.hardware.families import machine_families
from llamaswap.ids import ModelId
from llamaswap.metrics.exposition import render
from tests.support.figures import GPU, SYSTEM, Labels, samples, types, value

KINDS = {
    **dict.fromkeys(
        (
            *("cpu_util_percent", "memory_total_bytes", "memory_used_bytes", "memory_free_bytes"),
            *("swap_total_bytes", "swap_used_bytes", "load_average"),
            *("gpu_temperature_celsius", "gpu_vram_temperature_celsius", "gpu_util_percent"),
            *("gpu_memory_util_percent", "gpu_fan_speed_percent", "gpu_memory_used_bytes"),
            *("gpu_memory_total_bytes", "gpu_power_draw_watts"),
        ),
        "gauge",
    ),
    "network_bytes_total": "counter",
}
"""The table of the section."""


class FamiliesTests(SynchronousTestCase):
    def shown(self) -> dict[str, dict[Labels, float]]:
        return samples(render(machine_families(SYSTEM, [], {}), {}))

    def test_names_and_types(self) -> None:
        """All of the table."""
        found = types(render(machine_families(SYSTEM, [GPU], {}), {}))
        self.assertEqual(
            {name: found.get(f"llamaswap_{name}") for name in KINDS},
            KINDS,
        )

    def test_the_machine(self) -> None:
        """MiB become bytes."""
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_cpu_util_percent", core="0"), 12.5)
        self.assertEqual(value(found, "llamaswap_cpu_util_percent", core="1"), 100)
        sizes = {"memory_total": 32768, "memory_used": 1024, "memory_free": 512, "swap_total": 2048, "swap_used": 1}
        for name, size in sizes.items():
            self.assertEqual(value(found, f"llamaswap_{name}_bytes"), size * 2**20)

    def test_probe_136_load_and_network(self) -> None:
        """Three intervals, two directions."""
        found = self.shown()
        loads = {dict(labels)["interval"]: load for labels, load in found["llamaswap_load_average"].items()}
        self.assertEqual(loads, {"1m": 0.5, "5m": 1.25, "15m": 2.0})
        self.assertEqual(value(found, "llamaswap_network_bytes_total", interface="eth0", direction="recv"), 7)
        self.assertEqual(value(found, "llamaswap_network_bytes_total", interface="eth0", direction="sent"), 9)

    def test_disks(self) -> None:
        found = self.shown()
        self.assertEqual(value(found, "llamaswap_disk_total_bytes", mount="/"), 100 * 2**20)
        self.assertEqual(value(found, "llamaswap_disk_used_bytes", mount="/"), 40 * 2**20)
        self.assertEqual(value(found, "llamaswap_disk_transferred_bytes_total", mount="/", direction="read"), 11)
        self.assertEqual(value(found, "llamaswap_disk_transferred_bytes_total", mount="/", direction="written"), 13)

    def test_what_there_is_not(self) -> None:
        """Has no family."""
        text = render(machine_families(SYSTEM._replace(net_io=(), disks=()), [], {}), {})
        absent = ("network", "gpu", "disk")
        self.assertEqual([name for name in types(text) if any(word in name for word in absent)], [])

    def test_gpus(self) -> None:
        """By their numbers; a UUID is a label only where there is one."""
        other = GPU._replace(id=1, name='Radeon "X"', uuid="", temp_c=40)
        text = render(machine_families(SYSTEM, [other, GPU], {}), {})
        lines = [line for line in text.decode().splitlines() if line.startswith("llamaswap_gpu_temperature_celsius")]
        first = 'llamaswap_gpu_temperature_celsius{id="0",name="GPU 0",uuid="GPU-1"} 61.0'
        self.assertEqual(lines, [first, 'llamaswap_gpu_temperature_celsius{id="1",name="Radeon \\"X\\""} 40.0'])
        found = samples(text)
        labels = {"id": "0", "name": "GPU 0", "uuid": "GPU-1"}
        for name, expected in {
            "vram_temperature_celsius": 72,
            "util_percent": 99,
            "memory_util_percent": 50,
            "fan_speed_percent": 33,
            "memory_used_bytes": 12288 * 2**20,
            "memory_total_bytes": 24576 * 2**20,
            "power_draw_watts": 250.5,
        }.items():
            self.assertEqual(value(found, f"llamaswap_gpu_{name}", **labels), expected)

    def test_memory_of_models(self) -> None:
        """What of the GPUs' memory each holds."""
        found = samples(render(machine_families(SYSTEM, [], {ModelId("m"): 3}), {}))
        self.assertEqual(value(found, "llamaswap_model_gpu_memory_bytes", model="m"), 3 * 2**20)
