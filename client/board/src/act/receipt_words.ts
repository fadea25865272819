/** How far news for a driver has come, in words and with a sign that is more than a colour. */
import { short_name } from '@kanvoy/kit/format.ts';
import { t } from '@kanvoy/kit/texts.ts';
import type { ReceiptWord } from '@kanvoy/protocol/messages.gen.ts';

export const RECEIPT_SIGNS: Readonly<Record<ReceiptWord, string>> = {
  sent: '↗',
  delivered: '✓',
  seen: '◉',
  acknowledged: '✓✓',
};

export const receipt_name = (word: ReceiptWord): string => t(`receipt.${word}`);

/** `Jonas B., Mei L. and 2 more`. */
export function name_list(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map(short_name).join(', ');
  const more = names.length - most;
  return more > 0 ? t('names.more', { names: shown, count: more }) : shown;
}
