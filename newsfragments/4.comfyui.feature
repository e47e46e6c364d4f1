`/comfyui/` serves the model `comfyui_auto`, and with `compat.ignoreWebsockets` open WebSockets neither load a model nor keep it.
