// What a camera wrote into a JPEG (EXIF, in the segment APP1), carried over to a smaller copy of the photo.

const START = 0xffd8, APP1 = 0xffe1, PIXELS = 0xffda;
const EXIF = 0x45786966; // "Exif"
const TIFF = 10; // where the tags begin: behind marker, length, "Exif" and two zeros
const ORIENTATION = 0x0112, UPRIGHT = 1;

/** The segment with what the camera wrote, told to be upright (as the copy is); null when there is none. */
export function exifOf(content) {
  const view = new DataView(content);
  if (view.byteLength < 4 || view.getUint16(0) !== START) return null;
  for (let at = 2; at + TIFF + 8 <= view.byteLength;) {
    const marker = view.getUint16(at);
    if (marker < 0xff00 || marker === PIXELS) return null;
    const length = 2 + view.getUint16(at + 2);
    if (marker === APP1 && view.getUint32(at + 4) === EXIF && at + length <= view.byteLength) {
      const segment = content.slice(at, at + length);
      try {
        setUpright(new DataView(segment));
      } catch {
        return null; // tags that point out of their segment
      }
      return segment;
    }
    at += length;
  }
  return null;
}

/** The JPEG `blob` with the segment in it. */
export const withExif = (blob, segment) => new Blob([blob.slice(0, 2), segment, blob.slice(2)], { type: blob.type });

function setUpright(view) {
  const little = view.getUint16(TIFF) === 0x4949; // "II": the lower byte comes first
  const tags = TIFF + view.getUint32(TIFF + 4, little);
  for (let i = 0, count = view.getUint16(tags, little); i < count; i += 1) {
    const tag = tags + 2 + 12 * i;
    if (view.getUint16(tag, little) === ORIENTATION) view.setUint16(tag + 8, UPRIGHT, little);
  }
}
