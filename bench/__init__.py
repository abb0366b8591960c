"""What it costs: the study's engine beside what people would use instead.

``python -m bench`` measures and writes one JSON file a part into ``bench/results``, from
which the notebooks ``90_costs``, ``91_durability`` and ``92_exports`` make their pages;
README.md has its aims. Peers run in processes of their own, in the ordinary way of their
library; what is compared is interleaved in one run, and its ratio is the median over the
rounds.
"""
