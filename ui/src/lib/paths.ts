/** Where things are on the server. Names of models are encoded always. */

/** The model that answers below `/comfyui/`. */
const COMFYUI = "comfyui_auto";

/** The pages of a model's own server, relative to the root of the API. */
export function ownServer(model: string): string {
  return model === COMFYUI ? "comfyui/" : `upstream/${encodeURIComponent(model)}/`;
}
