import { render } from "preact";
import { App } from "./App";
import { type FileData, FileSource } from "./file-source";
import { ServerSource } from "./source";
import "./style.css";

const held = document.getElementById("network");
const source = held ? new FileSource(JSON.parse(held.textContent!) as FileData) : new ServerSource();
render(<App source={source} />, document.getElementById("app")!);
