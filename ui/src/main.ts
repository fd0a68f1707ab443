import "@fontsource-variable/inter/wght.css";
import "@fontsource/jetbrains-mono/latin-400.css";
import "@fontsource/jetbrains-mono/latin-ext-400.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { connect } from "./lib/ipc";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has an element with the id app");
mount(App, { target, props: { backend: await connect() } });
