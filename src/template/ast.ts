/**
 * The parts of Handlebars' syntax tree that templates here may use. Written out because the library's own types
 * are not a union and cannot be narrowed.
 */
interface Position {
  readonly line: number;
  /** From 0, as Handlebars counts. */
  readonly column: number;
}

export interface Location {
  readonly start: Position;
  readonly end: Position;
}

/** `~` beside a brace: already obeyed when the tree is handed over, so all are false in a rewritten tree. */
export interface Strip {
  readonly open: boolean;
  readonly close: boolean;
}

export interface PathExpression {
  readonly type: "PathExpression";
  /** True for `@index` and its like. */
  readonly data: boolean;
  /** How many `../` stand in front. */
  readonly depth: number;
  readonly parts: readonly string[];
  readonly original: string;
  readonly loc: Location;
}

export interface SubExpression {
  readonly type: "SubExpression";
  readonly path: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  readonly loc: Location;
}

type Literal =
  | {
      readonly type: "StringLiteral";
      readonly value: string;
      readonly original: string;
      readonly loc: Location;
    }
  | {
      readonly type: "NumberLiteral";
      readonly value: number;
      readonly original: number;
      readonly loc: Location;
    }
  | {
      readonly type: "BooleanLiteral";
      readonly value: boolean;
      readonly original: boolean;
      readonly loc: Location;
    }
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

export interface MustacheStatement {
  readonly type: "MustacheStatement";
  readonly path: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  readonly escaped: boolean;
  readonly strip: Strip;
  readonly loc: Location;
}

export interface BlockStatement {
  readonly type: "BlockStatement";
  readonly path: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  readonly program?: Program | undefined;
  readonly inverse?: Program | undefined;
  readonly openStrip: Strip;
  readonly inverseStrip: Strip;
  readonly closeStrip: Strip;
  readonly loc: Location;
}

export interface PartialStatement {
  readonly type: "PartialStatement";
  readonly name: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Hash | undefined;
  /** Blanks that stood before a partial alone on its line. */
  readonly indent: string;
  readonly strip: Strip;
  readonly loc: Location;
}

export interface ContentStatement {
  readonly type: "ContentStatement";
  /** What will be printed: `original` without the whitespace of standalone lines and `~`. */
  readonly value: string;
  readonly original: string;
  readonly loc: Location;
}

interface CommentStatement {
  readonly type: "CommentStatement";
  readonly loc: Location;
}

/** Syntax that is refused: decorators, inline partials, partial blocks. */
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
