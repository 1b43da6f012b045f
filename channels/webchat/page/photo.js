// Photos: made small enough for a weak connection before they are sent. Where one was taken stays in it: the assistant
// offers that place, and the server drops what else a camera writes.

import { exifOf, withExif } from "./exif.js";

const LONGEST_SIDE = 2048; // pixels; a house number across the street stays readable
const LEAVE_BELOW = 800_000; // bytes

/** A JPEG no larger than needed, or the file as it is when it is small or the browser cannot read it. */
export async function shrink(file) {
  if (file.size < LEAVE_BELOW && /^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const image = await decode(file);
    const width = image.naturalWidth || image.width;
    const height = image.naturalHeight || image.height;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!small || small.size >= file.size) return file;
    const exif = exifOf(await file.arrayBuffer());
    return exif ? withExif(small, exif) : small;
  } catch {
    return file;
  }
}

// an <img> turns the photo the way the camera was held
function decode(file) {
  return new Promise((resolve, reject) => {
    const url = URL.createObjectURL(file);
    const image = new Image();
    image.onload = () => { URL.revokeObjectURL(url); resolve(image); };
    image.onerror = () => { URL.revokeObjectURL(url); reject(new Error("not a picture this browser knows")); };
    image.src = url;
  });
}
