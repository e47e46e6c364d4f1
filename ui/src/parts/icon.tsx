import { createElement } from "preact";
import {
  Activity, ArrowDown, ArrowUp, Check, ChevronDown, ChevronLeft, ChevronRight, ChevronUp, ChevronsDown, CircleAlert, CircleStop, Clipboard, Clock, CodeXml, Columns3, Cpu,
  Download, Ellipsis, ExternalLink, Eye, EyeOff, FileCog, FileText, Funnel, Gauge, GripVertical, Hourglass, Image, Layers, ListOrdered, LogOut, Maximize2, Menu,
  MessageSquare, MessagesSquare, Mic, Monitor, Moon, PanelLeft, Paperclip, Pause, Pencil, Pin, Play, Plus, Power, RefreshCw, RotateCcw, ScrollText, Search, Send, Settings,
  SlidersHorizontal, Square, Sun, Table, Trash2, TriangleAlert, Upload, Volume2, WrapText, X, Zap, type IconNode,
} from "lucide";

const ICONS = {
  activity: Activity, alert: CircleAlert, warning: TriangleAlert, cancel: CircleStop, chat: MessageSquare, chats: MessagesSquare, source: CodeXml, check: Check, clipboard: Clipboard, clock: Clock, close: X, columns: Columns3,
  cpu: Cpu, down: ChevronDown, left: ChevronLeft, right: ChevronRight, up: ChevronUp, end: ChevronsDown, download: Download, more: Ellipsis, external: ExternalLink, eye: Eye,
  "eye-off": EyeOff, file: FileCog, document: FileText, filter: Funnel, gauge: Gauge, grip: GripVertical, wait: Hourglass, image: Image, models: Layers, queue: ListOrdered,
  leave: LogOut, expand: Maximize2, menu: Menu, mic: Mic, system: Monitor, dark: Moon, light: Sun, panel: PanelLeft, attach: Paperclip, pause: Pause, edit: Pencil, pin: Pin,
  play: Play, plus: Plus, power: Power, refresh: RefreshCw, retry: RotateCcw, logs: ScrollText, search: Search, send: Send, settings: Settings,
  sliders: SlidersHorizontal, stop: Square, table: Table, trash: Trash2, upload: Upload, sound: Volume2, wrap: WrapText, zap: Zap, ascending: ArrowUp, descending: ArrowDown,
} as const satisfies Record<string, IconNode>;

export type IconName = keyof typeof ICONS;

/** A drawing that says nothing to readers of the screen: what stands beside it, or is the name of its button, does. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {ICONS[name].map(([tag, attributes], index) => createElement(tag, { ...attributes, key: index }))}
    </svg>
  );
}
