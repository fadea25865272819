import { wording } from '@kanvoy/kit/wording.ts';
import { en } from './texts_en.ts';

export type Key = keyof typeof en;

export const t = wording<Key>(en);
