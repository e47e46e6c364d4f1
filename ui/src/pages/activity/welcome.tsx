import { linkTo } from "../../app/router";
import { Icon } from "../../parts/icon";
import { may } from "../../server/session";
import { models } from "../../server/state";
import { chattable } from "./first-steps";
import { t } from "./words";

/** What stands here before anything was asked: where to begin. */
export function Welcome() {
  const [first, ...others] = may("inference") ? chattable(models.value) : [];
  return (
    <section class="card welcome" aria-labelledby="welcome">
      <Icon name="activity" size={40} />
      <h2 id="welcome">{t.welcome.title}</h2>
      <p class="muted">{first ? t.welcome.about : t.welcome.nothing}</p>
      <div class="row">
        {first && (
          <a class="button button-primary" href={linkTo(["playground", "chat"], { model: first.id })}>
            <Icon name="chat" />
            {t.welcome.chat(first.id)}
          </a>
        )}
        {others.map(({ id }) => (
          <a key={id} class="button" href={linkTo(["playground", "chat"], { model: id })}>
            <Icon name="chat" />
            {t.welcome.chat(id)}
          </a>
        ))}
        <a class="button" href={linkTo(["models"])}>
          <Icon name="models" />
          {t.welcome.models}
        </a>
      </div>
    </section>
  );
}
