"""What to cite for each method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A publication, or the repository where there is none."""

    about: str
    title: str
    authors: str = ""
    where: str = ""

    def __str__(self) -> str:
        parts = (self.authors.removesuffix("."), self.title, self.where)
        return ". ".join(part for part in parts if part) + "."


CITATIONS: Mapping[str, Citation] = MappingProxyType(
    {
        "siamfc": Citation(
            about="SiamFC",
            title="Fully-Convolutional Siamese Networks for Object Tracking",
            authors="Bertinetto, Valmadre, Henriques, Vedaldi, Torr",
            where="ECCV Workshops 2016, arXiv 1606.09549",
        ),
        "fdsiamfc": Citation(
            about="FDSiamFC, FDSiamd",
            title="github.com/conquerhuang/FDSiamFC",
            where="The repository states neither title nor venue of a paper",
        ),
        "siamrpn++": Citation(
            about="SiamRPN++",
            title="SiamRPN++: Evolution of Siamese Visual Tracking With Very Deep Networks",
            authors="Li, Wu, Wang, Zhang, Xing, Yan",
            where="CVPR 2019, pages 4282-4291, arXiv 1812.11703",
        ),
        "siamkpn": Citation(
            about="SiamKPN",
            title="Siamese Keypoint Prediction Network for Visual Object Tracking",
            authors="Qiang Li, Zekui Qin, Wenbo Zhang, Wen Zheng",
            where="arXiv 2006.04078, 2020",
        ),
        "cfkd": Citation(
            about="CFKD",
            title="Knowledge Distillation for Discriminative Correlation Filter Trackers",
            authors="Danier Duolikun",
            where="Master's thesis, University College London, 2020",
        ),
        "atom": Citation(
            about="ATOM",
            title="ATOM: Accurate Tracking by Overlap Maximization",
            authors="Danelljan, Bhat, Khan, Felsberg",
            where="CVPR 2019, arXiv 1811.07628",
        ),
        "drnet": Citation(
            about="DRNet (described there)",
            title="The Seventh Visual Object Tracking VOT2019 Challenge Results",
            authors="Kristan et al.",
            where="ICCV Workshops 2019",
        ),
        "liu": Citation(
            about="the rival distillation of Liu et al.",
            title="Teacher-Students Knowledge Distillation for Siamese Trackers",
            authors="Liu et al.",
            where="arXiv 1907.10586",
        ),
        "wang": Citation(
            about="the rival compression of Wang et al.",
            title="IEEE Xplore document 9080535",
            authors="Wang et al.",
            where="2020",
        ),
        "pysot": Citation(about="pysot", title="github.com/STVIR/pysot"),
        "mmtracking": Citation(about="mmtracking", title="github.com/open-mmlab/mmtracking"),
        "pytracking": Citation(about="pytracking", title="github.com/visionml/pytracking"),
        "cfkd_code": Citation(about="CFKD, code", title="github.com/danielism97/CFKD"),
    }
)
