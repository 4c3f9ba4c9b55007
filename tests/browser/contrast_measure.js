// The least contrast of each text against any pixel behind it (WCAG 2 relative luminance).
async ({ image, texts }) => {
  const bytes = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);

  const linear = Array.from({ length: 256 }, (_, value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = (r, g, b) => 0.2126 * linear[r] + 0.7152 * linear[g] + 0.0722 * linear[b];
  const between = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const parse = (color) => color.match(/[\d.]+/g).map(Number);

  function worst({ box, color, opacity }) {
    const [red, green, blue, alpha = 1] = parse(color);
    const ink = alpha * opacity;
    const [left, top, width, height] = box.map(Math.round);
    const { data } = context.getImageData(Math.max(0, left), Math.max(0, top), Math.max(1, width), Math.max(1, height));
    let least = 21;
    for (let at = 0; at < data.length; at += 4) {
      if (!data[at + 3]) continue; // beyond the picture
      const mix = (mine, behind) => Math.round(mine * ink + behind * (1 - ink));
      const text = luminance(mix(red, data[at]), mix(green, data[at + 1]), mix(blue, data[at + 2]));
      least = Math.min(least, between(text, luminance(data[at], data[at + 1], data[at + 2])));
    }
    return least;
  }
  return texts.map(worst);
}
