/** The words of the settings; they come with the screen. */
import { wording } from '@kanvoy/kit/wording.ts';
import { en } from './texts_en.ts';

export const s = wording<keyof typeof en>(en);
