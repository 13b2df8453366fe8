import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GraphNode, savedModel } from './graph-def.ts';
import type { Recording, Source } from './recording.ts';
import type { TensorData } from './tensor-data.ts';
import { type Binding, backend, type TensorInfo } from './tensorflow.ts';

/** A float32 value fed to a placeholder. */
export interface Feed {
  node: string;
  shape: number[];
  values: Float32Array;
}

/** A TensorFlow graph in the making: named nodes, variables among them. */
export class GraphBuilder {
  readonly #binding: Binding = backend().binding;
  readonly #nodes: GraphNode[] = [];
  readonly #shapes = new Map<string, number[]>();

  get #float() {
    return this.typeAttribute('dtype');
  }

  /** The attribute `name` = float32, under which most ops take their element type. */
  typeAttribute(name: string) {
    return { name, type: this.#binding.TF_ATTR_TYPE, value: this.#binding.TF_FLOAT };
  }

  add(node: Omit<GraphNode, 'attributes'> & Partial<GraphNode>): string {
    this.#nodes.push({ attributes: [], ...node });
    return node.name;
  }

  placeholder(name: string, shape: readonly number[]): string {
    const attribute = { name: 'shape', type: this.#binding.TF_ATTR_SHAPE, value: [...shape] };
    return this.add({ name, op: 'Placeholder', inputs: [], attributes: [this.#float, attribute] });
  }

  /** A variable `var/NAME` with a node `read/NAME` beside it, and `write/NAME` that takes new values. */
  variable(name: string, shape: number[]): void {
    const handle = `var/${name}`;
    this.#shapes.set(name, shape);
    this.add({
      name: handle,
      op: 'VarHandleOp',
      inputs: [],
      attributes: [
        this.#float,
        { name: 'shape', type: this.#binding.TF_ATTR_SHAPE, value: shape },
        { name: 'shared_name', type: this.#binding.TF_ATTR_STRING, value: name },
      ],
    });
    this.read(`read/${name}`, name, []);
    this.placeholder(`value/${name}`, shape);
    this.assign(`assign/${name}`, name, `value/${name}`, []);
    this.add({
      name: `write/${name}`,
      op: 'Shape',
      inputs: [`value/${name}`, `^assign/${name}`],
      attributes: [this.typeAttribute('T')],
    });
  }

  /** A further read of a variable, behind what changes it before. */
  read(name: string, variable: string, after: string[]): string {
    const inputs = [`var/${variable}`, ...after.map((node) => `^${node}`)];
    return this.add({ name, op: 'ReadVariableOp', inputs, attributes: [this.#float] });
  }

  assign(name: string, variable: string, value: string, after: string[]): string {
    const inputs = [`var/${variable}`, value, ...after.map((node) => `^${node}`)];
    return this.add({ name, op: 'AssignVariableOp', inputs, attributes: [this.#float] });
  }

  /** Adds a recording's constants; @returns their nodes, which all copies of the recording may read. */
  addConstants(prefix: string, { constants }: Recording): string[] {
    return constants.map(({ dtype, shape, values }, index) => {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      return this.add({
        name: `${prefix}/constant/${index}`,
        op: 'Const',
        inputs: [],
        value: { dtype, shape, bytes },
      });
    });
  }

  /**
   * Adds a recorded computation.
   * @param constants what `addConstants` gave
   * @param argument the node that stands for an argument of the recording
   * @returns where each result comes from, and which nodes read an argument directly
   */
  addRecording(
    prefix: string,
    recording: Recording,
    constants: readonly string[],
    argument: (name: string) => string,
  ) {
    const readers = new Map<string, string[]>();
    const reference = (source: Source): string => {
      if (source.from === 'argument') return argument(source.name);
      if (source.from === 'constant') return constants[source.index]!;
      return `${prefix}/${source.index}:${source.output}`;
    };
    recording.ops.forEach(({ op, attributes, inputs }, index) => {
      const name = `${prefix}/${index}`;
      for (const source of inputs) {
        if (source.from !== 'argument') continue;
        readers.set(source.name, [...(readers.get(source.name) ?? []), name]);
      }
      this.add({ name, op, inputs: inputs.map(reference), attributes });
    });
    const results = new Map(recording.results.map(({ name, source }) => [name, reference(source)]));
    return { results, readers };
  }

  load(): GraphSession {
    return new GraphSession(this.#binding, this.#nodes, this.#shapes);
  }
}

/** A loaded graph with its variables. Owns a TensorFlow session until it is disposed of. */
export class GraphSession {
  readonly #binding: Binding;
  readonly #shapes: Map<string, number[]>;
  readonly #id: number;
  #disposed = false;

  constructor(binding: Binding, nodes: readonly GraphNode[], shapes: Map<string, number[]>) {
    this.#binding = binding;
    this.#shapes = shapes;
    const directory = mkdtempSync(join(tmpdir(), 'ddad-graph-'));
    try {
      writeFileSync(join(directory, 'saved_model.pb'), savedModel(binding, nodes, 'step'));
      this.#id = binding.loadSavedModel(directory, 'step');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** Runs the graph up to `outputs` and returns their values, in order. */
  run(feeds: readonly Feed[], outputs: readonly string[]): Float32Array[] {
    if (this.#disposed) throw new Error('the step was disposed of');
    const inputs: number[] = [];
    let infos: TensorInfo[] = [];
    try {
      for (const { shape, values } of feeds)
        inputs.push(this.#binding.createTensor(shape, this.#binding.TF_FLOAT, values));
      const names = feeds.map(({ node }) => `${node}:0`).join(',');
      const wanted = outputs.map((name) => (name.includes(':') ? name : `${name}:0`)).join(',');
      infos = this.#binding.runSavedModel(this.#id, inputs, names, wanted);
      return infos.map(({ id }) => this.#binding.tensorDataSync(id) as Float32Array);
    } finally {
      for (const id of inputs) this.#binding.deleteTensor(id);
      for (const { id } of infos) this.#binding.deleteTensor(id);
    }
  }

  readVariables(names: readonly string[]): Map<string, TensorData> {
    const values = this.run(
      [],
      names.map((name) => `read/${name}`),
    );
    // The addon may hand out TensorFlow's own memory, which the next step overwrites.
    return new Map(
      names.map((name, i) => [name, { shape: this.#shapes.get(name) ?? [], data: values[i]!.slice() }]),
    );
  }

  writeVariables(values: ReadonlyMap<string, Float32Array>): void {
    const feeds = [...values].map(([name, data]) => ({
      node: `value/${name}`,
      shape: this.#shapes.get(name) ?? [],
      values: data,
    }));
    this.run(
      feeds,
      [...values.keys()].map((name) => `write/${name}`),
    );
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#binding.deleteSavedModel(this.#id);
  }
}
