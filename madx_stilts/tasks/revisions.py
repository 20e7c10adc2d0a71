"""The commit of each hub repository that is read, so that today's scores can be had again tomorrow.

Each is named for that repository in a public source (a dataset page, a lock file, an evaluation suite) and holds plain
data files. Those that are not listed are read from `main`, and where that has only a loading script, from the hub's own
conversion of it, which has no commit that lasts:

- only a script, as far as is known: `allenai/cosmos_qa`, `facebook/mlqa`, `Divyanshu/indicxnli`, `afaji/indonli`,
  `masakhane/masakhaner`, `shunk031/JGLUE`;
- data files, but no commit was found: `clue/clue`, `nala-cub/americas_nli`, `hfl/cmrc2018`, `KorQuAD/squad_kor_v1`,
  `kuznetsoffandrey/sberquad`, `deepset/germanquad`, `ccasimiro/squad_es`, `azarijafari/FarsTail`.
"""

from typing import Final

REVISIONS: Final = {
    "Rowan/hellaswag": "218ec52e09a7e7462a5400043bb9a69a41d06b76",
    "aps/super_glue": "3de24cf8022e94f4ee4b9d55a6f539891524d646",
    "cambridgeltl/xcopa": "042f78955ba48e6404616762fa6e05e839c3907a",
    "facebook/anli": "8e4813d81f46d313dac7892e1c28076917cfcdf9",
    "facebook/xnli": "b8dd5d7af51114dbda02c0e3f6133f332186418e",
    "google-research-datasets/paws-x": "4cd8187c404bda33cb1f62b49b001115862acf37",
    "google-research-datasets/tydiqa": "da78f23f9119363459acbaf46bf89426ff26c259",
    "google/xquad": "51adfef1c1287aab1d2d91b5bead9bcfb9c68583",
    "google/xtreme": "ec5f1f46e9af79639a90684a7a70a956c4998f04",
    "kakaobrain/kor_nli": "a4fdb7b517f363a92fd8cf5a447301115c6a4d81",
    "klue/klue": "349481ec73fff722f88e0453ca05c77a447d967c",
    "lighteval/siqa": "54c6a1f8cb6daf4f5abf24a601852612fb35eb25",
    "nyu-mll/glue": "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
    "rajpurkar/squad": "7b6d24c440a36b6815f21b70d25016731768db1f",
    "rajpurkar/squad_v2": "3ffb306f725f7d2ce8394bc1873b24868140c412",
    "stanfordnlp/snli": "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b",
    "tau/commonsense_qa": "94630fe30dad47192a8546eb75f094926d47e155",
    "unimelb-nlp/wikiann": "f0a3be6dc5564c0cc4150bb660144800a1f539d4",
}
