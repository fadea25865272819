/** Photos small enough for the road, and without what cameras write into them. */

/** The longer side, in pixels: enough to read a label, a tenth of what the camera gives. */
const LONGEST = 1600;
const QUALITY = 0.82;

export interface Photo {
  readonly content: Blob;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function fitted({ width, height }: Size, longest: number = LONGEST): Size {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** Drawn anew, so that place, time and camera stay behind. Rejects when it is no picture. */
export async function shrunk(file: Blob): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const size = fitted(picture);
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  canvas.getContext('2d')?.drawImage(picture, 0, 0, size.width, size.height);
  picture.close();
  const content = await new Promise<Blob | null>((done) =>
    canvas.toBlob(done, 'image/jpeg', QUALITY),
  );
  if (content === null) throw new Error('the canvas gave no picture');
  return { content, ...size };
}
