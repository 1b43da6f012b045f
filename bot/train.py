"""Train the assistant: ``python -m bot.train``. Does nothing when there is a model for the present inputs."""

from __future__ import annotations

import os
import sys
import time

from bot.embedding.choice import require_chosen
from bot.fingerprint import ROOT, model_path, training_fingerprint


def main() -> None:
    """Train into ``models/<fingerprint>.tar.gz``, tell how it goes, and leave a record beside it (bot.model_record)."""
    fingerprint = training_fingerprint()
    target = model_path(fingerprint)
    if target.is_file() and "--force" not in sys.argv:
        print(f"模型已是最新（{fingerprint}）。")
        return
    require_chosen()
    started = time.monotonic()
    print("开始训练助手：语义理解（诉求类型、案件类别、地点）与对话规则……", flush=True)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # every model is trained whole: no cache in a hidden folder
    from bot.runtime import quiet

    quiet()
    from bot.components import progress

    progress.started = started
    from rasa.model_training import train

    from bot.importer import tickets_folder
    from bot.model_record import counts, words, write_record
    from bot.runtime import quiet_rasa

    quiet_rasa()

    result = train(
        domain=str(ROOT / "bot" / "domain"),
        config=str(ROOT / "bot" / "config.yml"),
        training_files=str(ROOT / "nlu_data" / "dialogue"),
        output=str(ROOT / "models"),
        fixed_model_name=fingerprint,
        force_training=True,
    )
    if result.code != 0 or not result.model:
        sys.exit("训练没有成功，原因见上面的输出。")
    seconds = time.monotonic() - started
    for old in sorted(target.parent.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-3]:
        old.unlink()  # the last three are kept to go back to
    print(f"训练完成，用时 {seconds:.0f} 秒：{fingerprint}", flush=True)
    record = write_record(target, seconds=seconds, learnt=counts(tickets_folder()))
    print(words(record), flush=True)


if __name__ == "__main__":
    main()
