// Prints a conversation, or saves it as PDF by the browser's dialog: all of its messages, with diagrams and formulas drawn.
import { tick } from 'svelte';

/** Earlier pages that are read for one print; what is older is named on the paper. */
const MOST_PAGES = 40;
const DRAWN_MS = 8_000;
const LOOK_MS = 100;

/** What is printed. */
export interface Printable {
  older: string | null;
  loadOlder(): Promise<void>;
}

class Printing {
  /** True while everything is drawn for paper, also what is out of sight. */
  wanted = $state(false);

  /** Reads the earlier messages, waits until all is drawn, and opens the browser's dialog. */
  async print(conversation: Printable, print = () => window.print(), drawing = isDrawing): Promise<void> {
    for (let pages = 0; conversation.older !== null && pages < MOST_PAGES; pages += 1) await conversation.loadOlder();
    this.wanted = true;
    try {
      await tick();
      const begun = Date.now();
      do await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      while (drawing() && Date.now() - begun < DRAWN_MS);
      print();
    } finally {
      this.wanted = false;
    }
  }
}

function isDrawing(): boolean {
  return document.querySelector('[data-drawing="true"]') !== null;
}

export const printing = new Printing();
