/**
 * The parts of Handlebars' syntax tree that templates may use. The library's own types are not a union, so TypeScript
 * cannot narrow them.
 */
interface Position {
  readonly line: number;
  /** From 0, unlike `line`. */
  readonly column: number;
}

export interface Location {
  readonly start: Position;
  readonly end: Position;
}

/** `~` beside a brace. The parser already removes the whitespace, so both are false in a rewritten tree. */
export interface Strip {
  readonly open: boolean;
  readonly close: boolean;
}

export interface PathExpression {
  readonly type: "PathExpression";
  /** True for a name with `@`, for example `@index`. */
  readonly data: boolean;
  /** The number of `../` before the path. */
  readonly depth: number;
  readonly parts: readonly string[];
  readonly original: string;
  readonly loc: Location;
}

/** What a tag calls or prints, with its arguments. */
interface Call {
  readonly path: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  readonly loc: Location;
}

export interface SubExpression extends Call {
  readonly type: "SubExpression";
}

interface LiteralOf<Type, Value> {
  readonly type: Type;
  readonly value: Value;
  readonly original: Value;
  readonly loc: Location;
}

type Literal =
  | LiteralOf<"StringLiteral", string>
  | LiteralOf<"NumberLiteral", number>
  | LiteralOf<"BooleanLiteral", boolean>
  | { readonly type: "UndefinedLiteral"; readonly loc: Location }
  | { readonly type: "NullLiteral"; readonly loc: Location };

export type Expression = PathExpression | SubExpression | Literal;

interface Hash {
  readonly type: "Hash";
  readonly pairs: readonly HashPair[];
  readonly loc: Location;
}

interface HashPair {
  readonly type: "HashPair";
  readonly key: string;
  readonly value: Expression;
  readonly loc: Location;
}

export interface Program {
  readonly type: "Program";
  readonly body: readonly Statement[];
  readonly blockParams?: readonly string[] | undefined;
  readonly loc: Location;
}

export interface MustacheStatement extends Call {
  readonly type: "MustacheStatement";
  readonly escaped: boolean;
  readonly strip: Strip;
}

export interface BlockStatement extends Call {
  readonly type: "BlockStatement";
  readonly program?: Program | undefined;
  readonly inverse?: Program | undefined;
  readonly openStrip: Strip;
  readonly inverseStrip: Strip;
  readonly closeStrip: Strip;
}

export interface PartialStatement {
  readonly type: "PartialStatement";
  readonly name: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  /** The whitespace before a partial that is alone on its line. */
  readonly indent: string;
  readonly strip: Strip;
  readonly loc: Location;
}

export interface ContentStatement {
  readonly type: "ContentStatement";
  /** The text to print: `original` without the whitespace that `~` and standalone tags remove. */
  readonly value: string;
  readonly original: string;
  readonly loc: Location;
}

interface CommentStatement {
  readonly type: "CommentStatement";
  readonly loc: Location;
}

/** Syntax that templates may not use: decorators, inline partials, partial blocks. */
interface RefusedStatement {
  readonly type: "Decorator" | "DecoratorBlock" | "PartialBlockStatement";
  readonly loc: Location;
}

export type Statement =
  | MustacheStatement
  | BlockStatement
  | PartialStatement
  | ContentStatement
  | CommentStatement
  | RefusedStatement;
