/** A list's view, as the address bar holds it: a link shows the same table. */

export const PAGE_SIZES = [25, 50, 100] as const;
export const DEFAULT_SIZE = 50;

export interface View {
  q?: string;
  /** Filters in the API's form. */
  f?: string[];
  /** A field; `-` before it turns the order round. */
  sort?: string;
  page?: number;
  size?: number;
  /** What is open beside the table. */
  open?: string;
  [further: string]: string | string[] | number | undefined;
}

/** The view that a query string says; what cannot be understood is left out. */
export function readView(text: string): View {
  const view: View = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (value === "") continue;
    if (name === "f") view.f = [...(view.f ?? []), value];
    else if (name === "page" || name === "size") {
      const whole = Number(value);
      if (Number.isSafeInteger(whole) && whole > 0) view[name] = whole;
    } else view[name] = value;
  }
  return view;
}

export function writeView(view: Record<string, unknown>): string {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) {
    if (value === undefined || value === "" || value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) written.append(name, String(one));
  }
  const text = written.toString();
  return text ? `?${text}` : "";
}

export interface Order {
  field: string;
  descending: boolean;
}

export const readOrder = (sort: string): Order =>
  sort.startsWith("-") ? { field: sort.slice(1), descending: true } : { field: sort, descending: false };

/** The other direction for the column that sorts already, else ascending by the new one. */
export function nextSort(current: string, field: string): string {
  return current === field ? `-${field}` : field;
}

/** "1-50 of 214": what part of the whole a page is. */
export function pageSpan(page: number, size: number, shown: number, total: number) {
  const first = shown ? (page - 1) * size + 1 : 0;
  return { first, last: shown ? first + shown - 1 : 0, pages: Math.max(1, Math.ceil(total / size)) };
}
