# SPDX-License-Identifier: MIT
# Its tables are written by "make update-texts".
dist_doc_DATA = tools/web/vebus-bms-ng.html
