// The looks of a node, which differ without colour, too; the same for the canvas, the legend and the drawing.

/** Draw a node around (middle, middle): see `SHAPES` of coloring.ts for the numbers. */
export function drawNode(context: CanvasRenderingContext2D, middle: number, radius: number, shape: number, color: string, paper: string): void {
  context.fillStyle = context.strokeStyle = color;
  const disc = (r: number) => {
    context.beginPath();
    context.arc(middle, middle, r, 0, 2 * Math.PI);
  };
  switch (shape) {
    case 1:
      context.beginPath();
      context.moveTo(middle, middle - radius * 1.1);
      context.lineTo(middle + radius * 1.1, middle);
      context.lineTo(middle, middle + radius * 1.1);
      context.lineTo(middle - radius * 1.1, middle);
      context.fill();
      break;
    case 2:
      disc(radius);
      context.fill();
      context.fillStyle = paper;
      context.beginPath();
      context.arc(middle, middle, radius * 0.62, -Math.PI / 2, Math.PI / 2);
      context.fill();
      break;
    case 3:
      context.lineWidth = Math.max(1, radius * 0.45);
      context.beginPath();
      context.moveTo(middle - radius * 0.8, middle - radius * 0.8);
      context.lineTo(middle + radius * 0.8, middle + radius * 0.8);
      context.moveTo(middle + radius * 0.8, middle - radius * 0.8);
      context.lineTo(middle - radius * 0.8, middle + radius * 0.8);
      context.stroke();
      break;
    case 4:
      context.lineWidth = Math.max(0.8, radius * 0.25);
      disc(radius * 0.75);
      context.stroke();
      break;
    case 5:
      context.lineWidth = Math.max(0.8, radius * 0.25);
      context.strokeRect(middle - radius * 0.65, middle - radius * 0.65, radius * 1.3, radius * 1.3);
      break;
    default:
      disc(radius);
      context.fill();
  }
}

/** Give a node as an SVG element. */
export function svgNode(x: number, y: number, radius: number, shape: number, color: string, paper: string): string {
  const n = (value: number) => value.toFixed(1);
  switch (shape) {
    case 1:
      return `<path d="M${n(x)} ${n(y - radius * 1.1)}l${n(radius * 1.1)} ${n(radius * 1.1)}l${n(-radius * 1.1)} ${n(radius * 1.1)}l${n(-radius * 1.1)} ${n(-radius * 1.1)}z" fill="${color}"/>`;
    case 2:
      return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${color}"/><path d="M${n(x)} ${n(y - radius * 0.62)}a${n(radius * 0.62)} ${n(radius * 0.62)} 0 0 1 0 ${n(radius * 1.24)}z" fill="${paper}"/>`;
    case 3:
      return `<path d="M${n(x - radius * 0.8)} ${n(y - radius * 0.8)}l${n(radius * 1.6)} ${n(radius * 1.6)}m0 ${n(-radius * 1.6)}l${n(-radius * 1.6)} ${n(radius * 1.6)}" stroke="${color}" stroke-width="${n(Math.max(1, radius * 0.45))}"/>`;
    case 4:
      return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius * 0.75)}" fill="none" stroke="${color}" stroke-width="${n(Math.max(0.8, radius * 0.25))}"/>`;
    case 5:
      return `<rect x="${n(x - radius * 0.65)}" y="${n(y - radius * 0.65)}" width="${n(radius * 1.3)}" height="${n(radius * 1.3)}" fill="none" stroke="${color}" stroke-width="${n(Math.max(0.8, radius * 0.25))}"/>`;
    default:
      return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${color}"/>`;
  }
}
