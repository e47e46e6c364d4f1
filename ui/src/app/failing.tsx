import { Component, type ComponentChildren } from "preact";
import { Button } from "../parts/button";
import { Empty } from "../parts/card";
import { messageOf } from "../server/api";
import { t } from "./words";

/** What stands around a page: when that throws while it is drawn, its place says so, and all else goes on. */
export class Failing extends Component<{ children: ComponentChildren }, { problem: string | null }> {
  override state: { problem: string | null } = { problem: null };

  static override getDerivedStateFromError(error: unknown): { problem: string } {
    return { problem: messageOf(error) };
  }

  override render() {
    const { problem } = this.state;
    if (problem === null) return this.props.children;
    return (
      <div role="alert">
        <Empty title={t.failed.title}>
          <p>{problem}</p>
          <Button icon="refresh" onClick={() => this.setState({ problem: null })}>
            {t.failed.again}
          </Button>
        </Empty>
      </div>
    );
  }
}
