/** A chart on a canvas, by uPlot, which is fetched when the first one is drawn. */

import type uPlot from "uplot";
import { timeOfDay } from "../../lib/format";
import type { Chart } from "./charts";
import { atAxis } from "./units";

/** A vertical line at a time, with what happened then. */
export interface Mark {
  at: number;
  text: string;
}

export interface Colours {
  series: readonly string[];
  grid: string;
  text: string;
  mark: string;
}

const HEIGHT = 190;
/** Distances of lines of a grid for memory. */
const BINARY = Array.from({ length: 30 }, (_, power) => 2 ** power);
/** Samples of which each is drawn as a point, as a line of them is hardly seen. */
const FEW = 20;
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

/** The colours of the theme as they are now, of `element`. */
export function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const series = Array.from({ length: 8 }, (_, index) => colour(`--series-${index + 1}`));
  const found = { series, grid: colour("--line"), text: colour("--muted"), mark: colour("--warn") };
  probe.remove();
  return found;
}

/** How the line at `index` is drawn: its colour, and its dashes, which tell it apart without colour. */
export function lookOf(index: number): { series: number; dash: number[] } {
  return { series: index % 8, dash: DASHES[index % DASHES.length] ?? [] };
}

export interface Drawn {
  /** Show other figures. */
  update(chart: Chart, from: number, to: number, marks: readonly Mark[]): void;
  /** Show some lines only. */
  show(hidden: ReadonlySet<string>): void;
  resize(width: number): void;
  end(): void;
}

/** Draw `chart` into `box`; `onPointer` hears the index that the pointer is at, and null when it leaves. */
export async function draw(box: HTMLElement, chart: Chart, colours: Colours, onPointer: (index: number | null) => void): Promise<Drawn> {
  const { default: Plot } = await import("uplot");
  let range: [number, number] = [0, 1];
  let marks: readonly Mark[] = [];
  const axis = { stroke: colours.text, grid: { stroke: colours.grid, width: 1 }, ticks: { stroke: colours.grid, width: 1, size: 4 }, font: "12px system-ui, sans-serif" };
  const plot = new Plot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: "performance" }, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { range: () => range }, y: { range: (_, low, high) => [0, chart.most ?? Math.max(high, low, 1) * 1.1] } },
      axes: [
        { ...axis, space: 70, size: 32, values: (_, splits) => splits.map((at) => timeOfDay(at * 1000).slice(0, range[1] - range[0] > 600 ? 5 : 8)) },
        { ...axis, size: 68, space: 34, ...(chart.unit === "MiB" ? { incrs: BINARY } : {}), values: (_, splits) => splits.map((value) => atAxis(value, chart.unit)) },
      ],
      series: [
        {},
        ...chart.lines.map(({ name }, index) => {
          const { series, dash } = lookOf(index);
          return { label: name, stroke: colours.series[series] ?? colours.text, width: 1.75, dash, points: { show: few, size: 4 }, spanGaps: false };
        }),
      ],
      hooks: {
        draw: [(drawn) => drawMarks(drawn, marks, colours.mark)],
        setCursor: [({ cursor: { idx } }) => onPointer(idx ?? null)],
      },
    },
    dataOf(chart),
    box,
  );
  return {
    update(next, from, to, others) {
      range = [from, to];
      marks = others;
      plot.setData(dataOf(next));
    },
    show(hidden) {
      chart.lines.forEach(({ name }, index) => plot.setSeries(index + 1, { show: !hidden.has(name) }));
    },
    resize: (width) => plot.setSize({ width, height: HEIGHT }),
    end: () => plot.destroy(),
  };
}

function few(plot: uPlot): boolean {
  return plot.data[0].length <= FEW;
}

function dataOf({ times, lines }: Chart): uPlot.AlignedData {
  return [times, ...lines.map(({ values }) => values)];
}

function drawMarks(plot: uPlot, marks: readonly Mark[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  let free = bbox.left;
  for (const { at, text } of marks) {
    const x = Math.round(plot.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width;
    const right = x + 4 + width <= bbox.left + bbox.width;
    const from = right ? x + 4 : x - 4 - width;
    if (from < free) continue; // the line stays; the table tells its name
    ctx.fillText(text, from, bbox.top + 11 * devicePixelRatio);
    free = from + width + 8;
  }
  ctx.restore();
}
