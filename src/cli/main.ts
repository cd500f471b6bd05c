import { buildProgram } from "./program.ts";
import { start } from "./start.ts";

start(process.argv, buildProgram);
