// Short messages at the edge of the screen. Each is also read out by assistive technology.

export interface Toast {
  id: number;
  kind: 'info' | 'problem';
  text: string;
}

const SHOWN_MS = 6000;

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  show(text: string, kind: Toast['kind'] = 'info'): void {
    const id = this.#next++;
    this.list.push({ id, kind, text });
    setTimeout(() => this.dismiss(id), kind === 'problem' ? SHOWN_MS * 2 : SHOWN_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
