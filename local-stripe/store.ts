/**
 * Everything in memory, and an append-only journal beside it: one line per finished request, so that a torn last
 * line loses at most a request that was never answered. At start the journal is compacted into a fresh file
 * (written beside, then renamed).
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { INDEXES, type Index, TABLES } from './tables';
import type { TableName, Tables } from './types';

type Change = [TableName, string, unknown];

interface Meta {
  offset_ms: number;
  counters: Record<string, number>;
  settings: Record<string, unknown>;
}

export class Store {
  private tables = new Map<TableName, Map<string, { id: string }>>();
  private indexes = new Map<string, Map<string, Set<string>>>();
  private keys = new Map<string, string>();
  private dirty = new Map<string, Change>();
  private metaDirty = false;
  private lines: string[] = [];
  private flushing: NodeJS.Immediate | null = null;
  private fd: number | null = null;
  meta: Meta = { offset_ms: 0, counters: {}, settings: {} };
  /** Called after each put, so that timers follow their objects. */
  onPut: (table: TableName, rec: { id: string }) => void = () => {};

  constructor(private readonly folder: string | null) {
    this.empty();
    if (folder) this.open(folder);
  }

  get<T extends TableName>(table: T, id: string | null | undefined): Tables[T] | undefined {
    return id ? (this.tables.get(table)?.get(id) as Tables[T] | undefined) : undefined;
  }

  all<T extends TableName>(table: T): Iterable<Tables[T]> {
    return (this.tables.get(table)?.values() ?? []) as Iterable<Tables[T]>;
  }

  count(table: TableName): number {
    return this.tables.get(table)?.size ?? 0;
  }

  /** In the order they were made. */
  by<T extends TableName>(table: T, field: string, value: string | null | undefined): Tables[T][] {
    const ids = value ? this.indexes.get(`${table}.${field}`)?.get(value) : undefined;
    const found: Tables[T][] = [];
    for (const id of ids ?? []) {
      const rec = this.get(table, id);
      if (rec) found.push(rec);
    }
    return found;
  }

  /** Those with these indexed values, in the order they were made; values that are not given do not count. */
  where<T extends TableName>(table: T, values: Record<string, string | undefined>): Tables[T][] {
    const [first, ...others] = Object.entries(values).filter(([, value]) => value !== undefined);
    if (!first) return [...this.all(table)];
    const indexes: Index<Tables[T]> = INDEXES[table] ?? {};
    return this.by(table, ...first).filter((rec) =>
      others.every(([field, value]) => indexes[field]?.(rec) === value),
    );
  }

  put<T extends TableName>(table: T, rec: Tables[T]): Tables[T] {
    this.place(table, rec);
    this.dirty.set(`${table}/${rec.id}`, [table, rec.id, rec]);
    this.onPut(table, rec);
    return rec;
  }

  remove(table: TableName, id: string): void {
    this.unplace(table, id);
    this.dirty.set(`${table}/${id}`, [table, id, null]);
  }

  next(counter: string): number {
    const value = (this.meta.counters[counter] ?? 0) + 1;
    this.meta.counters[counter] = value;
    this.metaDirty = true;
    return value;
  }

  touchMeta(): void {
    this.metaDirty = true;
  }

  /** Ends an atomic change: what was put since the last commit goes out as one line. */
  commit(): void {
    if (this.dirty.size === 0 && !this.metaDirty) return;
    if (this.fd !== null) {
      const line: { c: Change[]; m?: Meta } = { c: [...this.dirty.values()] };
      if (this.metaDirty) line.m = this.meta;
      this.lines.push(JSON.stringify(line));
      this.flushing ??= setImmediate(() => this.flush());
    }
    this.dirty.clear();
    this.metaDirty = false;
  }

  flush(): void {
    if (this.flushing) clearImmediate(this.flushing);
    this.flushing = null;
    if (this.fd === null || this.lines.length === 0) return;
    writeSync(this.fd, `${this.lines.join('\n')}\n`);
    this.lines = [];
  }

  reset(): void {
    this.lines = [];
    this.dirty.clear();
    this.empty();
    this.meta = { offset_ms: 0, counters: {}, settings: {} };
    if (this.folder) this.compact(this.folder);
  }

  close(): void {
    this.commit();
    this.flush();
    if (this.fd !== null) {
      fsyncSync(this.fd);
      closeSync(this.fd);
      this.fd = null;
    }
  }

  private empty(): void {
    this.tables = new Map(TABLES.map((name) => [name, new Map()]));
    this.indexes = new Map();
    this.keys = new Map();
  }

  private place<T extends TableName>(table: T, rec: Tables[T]): void {
    this.tables.get(table)?.set(rec.id, rec);
    const indexes: Index<Tables[T]> | undefined = INDEXES[table];
    if (!indexes) return;
    for (const field of Object.keys(indexes)) {
      const slot = `${table}.${field}`;
      const was = this.keys.get(`${slot}/${rec.id}`);
      const is = indexes[field]?.(rec) ?? undefined;
      if (was === is) continue;
      const index = this.indexes.get(slot) ?? new Map<string, Set<string>>();
      this.indexes.set(slot, index);
      if (was !== undefined) index.get(was)?.delete(rec.id);
      if (is === undefined) {
        this.keys.delete(`${slot}/${rec.id}`);
        continue;
      }
      this.keys.set(`${slot}/${rec.id}`, is);
      const ids = index.get(is);
      if (ids) ids.add(rec.id);
      else index.set(is, new Set([rec.id]));
    }
  }

  private unplace(table: TableName, id: string): void {
    this.tables.get(table)?.delete(id);
    for (const field of Object.keys(INDEXES[table] ?? {})) {
      const slot = `${table}.${field}`;
      const was = this.keys.get(`${slot}/${id}`);
      if (was !== undefined) this.indexes.get(slot)?.get(was)?.delete(id);
      this.keys.delete(`${slot}/${id}`);
    }
  }

  private open(folder: string): void {
    mkdirSync(folder, { recursive: true });
    let text = '';
    try {
      text = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const lines = text.split('\n');
    for (const [at, line] of lines.entries()) {
      if (line === '') continue;
      let entry: { c: Change[]; m?: Meta };
      try {
        entry = JSON.parse(line);
      } catch (error) {
        if (at >= lines.length - 2) break; // torn by a kill: that request was never answered
        throw error;
      }
      for (const [table, id, rec] of entry.c) {
        if (!this.tables.has(table)) continue;
        if (rec === null) this.unplace(table, id);
        else this.place(table, rec as Tables[typeof table]);
      }
      if (entry.m) this.meta = entry.m;
    }
    this.compact(folder);
  }

  private compact(folder: string): void {
    if (this.fd !== null) closeSync(this.fd);
    const fresh = join(folder, 'journal.new');
    const fd = openSync(fresh, 'w');
    writeSync(fd, `${JSON.stringify({ c: [], m: this.meta })}\n`);
    let part: string[] = [];
    for (const [name, table] of this.tables) {
      for (const [id, rec] of table) {
        part.push(JSON.stringify({ c: [[name, id, rec]] }));
        if (part.length >= 500) {
          writeSync(fd, `${part.join('\n')}\n`);
          part = [];
        }
      }
    }
    if (part.length > 0) writeSync(fd, `${part.join('\n')}\n`);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(fresh, join(folder, 'journal.jsonl'));
    this.fd = openSync(join(folder, 'journal.jsonl'), 'a');
  }
}
