// Places nodes in the plane so that their distances are like those that were measured: stress
// majorisation, which lowers the sum of squared relative errors in each step. The same distances give the
// same places; nodes that have their place already keep it.

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Symmetric; null where nothing was measured. */
export type Distances = readonly (readonly (number | null)[])[];

const stepsMax = 300;

/** It is done when a step lowers the stress by less than this share. */
const improvementMin = 1e-5;

/**
 * Places as many points as there are rows.
 * @param fixed Places of those that must stay, by row.
 */
export function placeByDistance(
  distances: Distances,
  fixed: readonly (Point | undefined)[] = [],
): Point[] {
  const full = filledIn(distances);
  const points = full.map((_, at) => fixed[at] ?? startOf(at, full, fixed));
  let before = stressOf(points, full);
  for (let step = 0; step < stepsMax; step++) {
    for (const [at] of points.entries()) {
      if (fixed[at] === undefined) points[at] = improved(at, points, full);
    }
    const stress = stressOf(points, full);
    if (before - stress <= improvementMin * before) break;
    before = stress;
  }
  return points;
}

/** How far the places are from the distances: 0 is perfect. */
export function stressOf(points: readonly Point[], distances: Distances): number {
  let stress = 0;
  for (const [row, a] of points.entries()) {
    for (let column = row + 1; column < points.length; column++) {
      const [b, wanted] = [points[column], distances[row]?.[column]];
      if (b === undefined || wanted === null || wanted === undefined || wanted === 0) continue;
      stress += ((lengthOf(a, b) - wanted) / wanted) ** 2;
    }
  }
  return stress;
}

/** The place that fits best while all others stay. */
function improved(at: number, points: readonly Point[], distances: Distances): Point {
  const own = points[at] ?? origin;
  let [x, y, weights] = [0, 0, 0];
  for (const [other, point] of points.entries()) {
    const wanted = distances[at]?.[other] ?? 0;
    if (other === at || wanted === 0) continue;
    const weight = 1 / wanted ** 2;
    const length = lengthOf(own, point);
    // Two in the same place are parted in a direction that differs for each.
    const [dx, dy] =
      length < 1e-9
        ? [Math.cos(at + other), Math.sin(at + other)]
        : [(own.x - point.x) / length, (own.y - point.y) / length];
    x += weight * (point.x + wanted * dx);
    y += weight * (point.y + wanted * dy);
    weights += weight;
  }
  return weights === 0 ? own : { x: x / weights, y: y / weights };
}

/** On a circle, or for one who is new among others beside the nearest of them. */
function startOf(
  at: number,
  distances: readonly (readonly number[])[],
  fixed: readonly (Point | undefined)[],
): Point {
  const angle = (2 * Math.PI * at) / Math.max(1, distances.length);
  const direction = { x: Math.cos(angle), y: Math.sin(angle) };
  let nearest: { readonly point: Point; readonly distance: number } | undefined;
  for (const [other, point] of fixed.entries()) {
    const distance = distances[at]?.[other] ?? 0;
    if (point === undefined || (nearest !== undefined && nearest.distance <= distance)) continue;
    nearest = { point, distance };
  }
  const from = nearest?.point ?? origin;
  const distance = nearest?.distance ?? meanOf(distances);
  return { x: from.x + direction.x * distance, y: from.y + direction.y * distance };
}

const origin: Point = { x: 0, y: 0 };

/** What was not measured is taken as the mean of what was. */
function filledIn(distances: Distances): number[][] {
  const known = distances.flatMap((row, at) =>
    row.filter((distance, column): distance is number => distance !== null && column !== at),
  );
  const mean = known.length === 0 ? 1 : known.reduce((sum, each) => sum + each, 0) / known.length;
  return distances.map((row, at) =>
    row.map((distance, column) =>
      at === column ? 0 : (distance ?? distances[column]?.[at] ?? mean),
    ),
  );
}

function meanOf(distances: readonly (readonly number[])[]): number {
  const all = distances.flat();
  return all.reduce((sum, each) => sum + each, 0) / Math.max(1, all.length);
}

function lengthOf(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The points moved and scaled into a box of width and height 1, centred. */
export function intoBox(points: readonly Point[]): Point[] {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const size = Math.max(right - left, bottom - top) || 1;
  return points.map(({ x, y }) => ({
    x: 0.5 + (x - (left + right) / 2) / size,
    y: 0.5 + (y - (top + bottom) / 2) / size,
  }));
}

/** How near to the edges of a picture points may come. */
const edge = { x: 0.18, y: 0.09 } as const;

/** Points that were moved over the edges, brought back by narrowing the direction in which they were. */
export function squeezed(points: readonly Point[]): Point[] {
  const xs = narrowed(
    points.map(({ x }) => x),
    edge.x,
  );
  const ys = narrowed(
    points.map(({ y }) => y),
    edge.y,
  );
  return points.map((point, at) => ({ x: xs[at] ?? point.x, y: ys[at] ?? point.y }));
}

function narrowed(values: readonly number[], margin: number): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least >= margin && most <= 1 - margin) return [...values];
  const size = most - least;
  const room = 1 - 2 * margin;
  if (size <= room) {
    const by = least < margin ? margin - least : 1 - margin - most;
    return values.map((value) => value + by);
  }
  return values.map((value) => margin + ((value - least) / size) * room);
}

const partingStepsMax = 100;

/** Moves points apart until their boxes, of this width and height, do not overlap any more. */
export function parted(points: readonly Point[], width: number, height: number): Point[] {
  const moved = points.map(({ x, y }) => ({ x, y }));
  for (let step = 0; step < partingStepsMax; step++) {
    let isApart = true;
    for (const [at, a] of moved.entries()) {
      for (const b of moved.slice(at + 1)) {
        const [overX, overY] = [width - Math.abs(a.x - b.x), height - Math.abs(a.y - b.y)];
        if (overX <= 1e-6 || overY <= 1e-6) continue;
        isApart = false;
        // Along the direction in which less is needed.
        if (overX / width < overY / height) {
          const by = ((a.x <= b.x ? 1 : -1) * overX) / 2;
          a.x -= by;
          b.x += by;
        } else {
          const by = ((a.y <= b.y ? 1 : -1) * overY) / 2;
          a.y -= by;
          b.y += by;
        }
      }
    }
    if (isApart) break;
  }
  return moved;
}
