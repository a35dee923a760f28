// Whether long lines of code wrap: one choice for all blocks, which this browser remembers.
import { readSetting, writeSetting } from './settings';

class CodeLines {
  wrap = $state(readSetting('code-lines') === 'wrap');

  toggle(): void {
    this.wrap = !this.wrap;
    writeSetting('code-lines', this.wrap ? 'wrap' : null);
  }
}

export const codeLines = new CodeLines();
