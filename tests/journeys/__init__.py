'''Journeys: a real browser (Debian's Chromium, by Playwright) at a real server, as users go through the UI.

    cd ui && npm ci --ignore-scripts && npm run build     # the server shows the built UI
    pytest tests/journeys                                 # needs the extra `journeys` and Chromium; leaves pictures

A journey is `test_<area>.py::test_j<NN>_<what>`, with the numbers of the UI's contract:

    def test_j16_load_and_unload(swap: Swap, visit: Visits) -> None:
        """Loading and unloading are seen as they happen."""
        page = visit(swap, "#/models")                                  # a fresh profile, 1280x800, connected
        row = page.get_by_role("row", name="Alpha")                     # by role and accessible name, as users do
        row.get_by_role("button", name="Load").click()
        expect(row).to_contain_text("ready")                            # waits for it; never sleep
        visit.shot(page, "ready")                                       # build/journeys/<test>-ready.png; look at it

- `swap` (`swap.py`): one server for the module, at rest; models alpha, beta, gamma, delta, `org/omega v1`, peer p1/zed,
  selector auto, profile coding, two graphics cards, 240 rows of the past. For another, make a fixture of your own:
  `Swap(tmp_path, {"apiKeys": [...], "profiles": None}, flags=["--allow-config-edit"], key=..., rows=0, engine=True)`;
  `configurations.fake(folder, "x", "--ready", "9")` is the entry of one more model. `engine=True`: real llama.cpp.
- Models say what the prompt asks for: `play think` (`upstream/scripts.py` lists what there is always), or a script of
  yours: `prompt = swap.play("sum", text="$a+b$", reasoning="...", pause=0.2)`. `swap.seen("alpha")` is what they were
  asked.
- Other clients: `swap.ask("POST", path, json)`, `swap.chat(model, prompt)`, `swap.load(model)`; `stop`, `kill`,
  `start`, `write` and `reload` a configuration. `gateway.py`: the same behind a prefix, or with connections that stall.
- `visit(swap, "#/logs", dark=True)`, `phone=True` (390x844, touch), `wait=False`; `visit.context()` for two tabs of one
  browser. Any console error, violation of the policy, failed request or dialog fails the test, unless
  `visit.allow(r"503")` names it (`browser.OUTAGE`: those of a server that is away).
- `accessible(page)` asks axe; `with offline(page):` pulls the plug. Time in the page: Playwright's `page.clock`.
'''
